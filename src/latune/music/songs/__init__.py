"""Songs of several tracks: drums, bass, guitar and strings on a grid of sixteenths, cut into phrases of 16 bars."""
