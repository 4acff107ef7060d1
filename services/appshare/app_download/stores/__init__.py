"""Where AppDownload keeps its catalogue."""
