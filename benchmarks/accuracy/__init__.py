"""How right the radar is about the friendships of a known social graph."""
