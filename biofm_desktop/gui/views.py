"""What the menus do to what is seen: which panel is in front, what lies over the image, how much of it is shown."""

from PySide6.QtCore import QObject

from .centre import Centre
from .panels import Panels


class Views(QObject):
    """Brings panels to the front and changes how the middle shows its sample."""

    def __init__(self, panels: Panels, centre: Centre, parent: QObject) -> None:
        super().__init__(parent)
        self._panels, self._centre = panels, centre

    def export(self) -> None:
        """Show the export panel."""
        self._panels.bring("export")

    def train(self) -> None:
        """Show the training panel."""
        self._panels.bring("training")

    def plots_shown(self) -> None:
        """Show the plots."""
        self._panels.bring("plots")

    def predict(self) -> None:
        """Show the predictions panel."""
        self._panels.bring("predictions")

    def toggle_prediction(self, visible: bool) -> None:
        """Show or hide what is predicted over the image."""
        self._centre.viewer.set_prediction_visible(visible)

    def layers(self, visible: bool) -> None:
        """Show or hide napari's own controls."""
        self._centre.viewer.set_layers_visible(visible)

    def fit(self) -> None:
        """Show the whole image."""
        self._centre.fit()

    def reset_layout(self) -> None:
        """Put all panels back."""
        self._panels.place()
