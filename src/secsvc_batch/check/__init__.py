"""Looking at one's own application before it is sent: what ``evaluate`` would say about it, for people."""
