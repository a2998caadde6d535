"""The papers of the desk: what is told upwards and taken along, each from the rows that My desk shows."""
