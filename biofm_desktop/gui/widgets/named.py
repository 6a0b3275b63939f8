"""Widgets with the names that keyboards, screen readers and tests find them by."""

import html
from typing import TypeVar

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QWidget

W = TypeVar("W", bound=QWidget)


def named(widget: W, name: str, title: str, tip: str) -> W:
    """Return the widget with its object name (``area.thing``), its accessible name and its tooltip."""
    widget.setObjectName(name)
    widget.setAccessibleName(title)
    widget.setToolTip(tip)
    return widget


def plain_label(text: str = "", *, wrap: bool = True) -> QLabel:
    """Return a label that shows its text as it is, never as rich text: it may come from a file."""
    label = QLabel(text)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(wrap)
    return label


def plain_tip(text: str) -> str:
    """Return text as a tooltip that shows it as it is, whatever marks a file put into it."""
    return f"<p style='white-space:pre-wrap'>{html.escape(text)}</p>" if text else ""
