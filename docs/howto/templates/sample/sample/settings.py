"""The settings of the sample service: the usual ones; a subclass of Settings adds its own."""

from chassis.ops.settings import Settings

SampleSettings = Settings
