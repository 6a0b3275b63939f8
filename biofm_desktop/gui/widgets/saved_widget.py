"""A widget as a picture file."""

from pathlib import Path

from PySide6.QtCore import QBuffer, QPoint
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QWidget

from biofm_desktop.engine.files import write_bytes


def save_widget(widget: QWidget, path: Path) -> None:
    """Write the widget as it stands, PNG or SVG by the name's end; raise `Fault` where the disk does not let us."""
    data = QBuffer()
    if path.suffix.lower() == ".svg":
        from PySide6.QtSvg import QSvgGenerator

        generator = QSvgGenerator()
        generator.setOutputDevice(data)
        generator.setSize(widget.size())
        generator.setViewBox(widget.rect())
        painter = QPainter(generator)
        widget.render(painter, QPoint())
        painter.end()
    else:
        image = QImage(widget.size() * 2, QImage.Format.Format_RGB32)
        image.setDevicePixelRatio(2.0)
        widget.render(image, QPoint())
        image.save(data, "PNG")  # type: ignore[call-overload] # its stub wants bytes, the library refuses them
    write_bytes(path, bytes(data.data().data()), room="export")
