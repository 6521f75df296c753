"""What every test may ask for: real servers, a real browser, the whole suite, and a loud word where one is missing."""

pytest_plugins = (
    "tests.support.requirements",
    "tests.support.figures",
    "tests.support.fault_table",
    "tests.support.postgres",
    "tests.support.rabbitmq",
    "tests.support.chromium",
    "tests.system.at_work",
)
