"""Numbers in, SVG out: the pictures of the desk. Pure: no model, no clock, no request.

Places along the width are per cent of it and sizes are pixels, so that a picture fills whatever room it has and its
words keep their size. Colours and patterns are those of pictures.css; nothing here is a style."""
