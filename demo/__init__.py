"""The demo: the original design, played on a real cloud by real commands."""
