"""Running: settings, processes, health, metrics and logs."""
