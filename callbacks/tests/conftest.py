"""Real servers that take what the centre sends."""

from collections.abc import Iterator

import pytest
from pytest_django import Settings

from .servers import Gateway, PostBox, gateway_of, post_box_of


@pytest.fixture
def post_box(settings: Settings) -> Iterator[PostBox]:
    with post_box_of(settings) as box:
        yield box


@pytest.fixture
def gateway(settings: Settings) -> Iterator[Gateway]:
    with gateway_of(settings) as gateway:
        yield gateway
