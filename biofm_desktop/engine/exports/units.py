"""Units of length as other programs want them."""

_MICROMETRE = ("um", "µm", "μm", "micron", "microns", "micrometer", "micrometre")
_NANOMETRE = ("nm", "nanometer", "nanometre")
_MILLIMETRE = ("mm", "millimeter", "millimetre")
_CENTIMETRE = ("cm", "centimeter", "centimetre")

#: ImageJ writes its unit as ASCII.
IMAGEJ_UNITS = dict.fromkeys(_MICROMETRE, "um")

#: So many millimetres is one of the unit; units that are no length are not here.
MILLIMETRES = {
    **dict.fromkeys(_NANOMETRE, 1e-6),
    **dict.fromkeys(_MICROMETRE, 1e-3),
    **dict.fromkeys(_MILLIMETRE, 1.0),
    **dict.fromkeys(_CENTIMETRE, 10.0),
}
