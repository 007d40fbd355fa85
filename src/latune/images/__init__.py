"""Pictures: morphology of digits, a renderer of sprites, reading and writing of picture files."""
