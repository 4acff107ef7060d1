"""From measured costs to a hundred million devices: a plan on paper, and simulations of what is not even."""
