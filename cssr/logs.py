"""How a log record is written, by the site and by its server."""

import logging


class LineFormatter(logging.Formatter):
    """One record, one line: collectors cut at line ends, and no visitor can forge a record."""

    def __init__(self) -> None:
        super().__init__("{asctime} {levelname} {name}: {message}", style="{")

    def format(self, record: logging.LogRecord) -> str:
        return super().format(record).replace("\r", "\\r").replace("\n", "\\n")
