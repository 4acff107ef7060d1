"""AppDownload: the catalogue of packages, device fit and the bytes."""
