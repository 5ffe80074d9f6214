"""What every Python test relies on."""

import signal

# Programs started by a test inherit an ignored SIGINT, as a shell gives it to background jobs: then
# Ctrl-C would not reach them. A handler, unlike "ignored", falls back to the default in a new program.
signal.signal(signal.SIGINT, signal.default_int_handler)
