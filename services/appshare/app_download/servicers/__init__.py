"""The wire of AppDownload by topic; `servicer` puts the classes together."""
