"""What the package raises."""


class Error(Exception):
    """An error of liplate, with the sentence that the command line would say."""


class ConfigError(Error, ValueError):
    """What was given is wrong: a config, a change of it, an end, a directory that is none of a run."""


class RunError(Error, RuntimeError):
    """What was to be computed or written could not be: the device, the disk, or a step that cannot be solved."""


class ConfigWarning(UserWarning):
    """What a person should hear about a config, though it can be run."""
