from typing import ClassVar

from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    context: ClassVar[str] = "sample"
