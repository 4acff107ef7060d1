"""Handlers are found by their methods."""

from types import SimpleNamespace
from typing import Any

import grpc

from appshare.rpc.methods import Methods


def handler() -> Any:
    async def answer(_request: Any, _context: Any) -> bytes:
        return b""

    return grpc.unary_unary_rpc_method_handler(answer)


def found(methods: Methods, method: str) -> Any:
    return methods.service(SimpleNamespace(method=method))


def test_a_named_handler_takes_the_place_of_the_one_before_and_of_others() -> None:
    first, second, third, other = handler(), handler(), handler(), handler()
    methods = Methods()
    methods.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("a.B", {"Do": other, "Undo": other}),))
    methods.add_registered_method_handlers("a.B", {"Do": first, "Redo": third})
    methods.add_registered_method_handlers("a.B", {"Do": second})
    assert found(methods, "/a.B/Do") is second
    assert found(methods, "/a.B/Redo") is third
    assert found(methods, "/a.B/Undo") is other


def test_of_several_that_find_handlers_the_first_one_serves() -> None:
    first, second = handler(), handler()
    methods = Methods()
    methods.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("a.B", {"Do": first}),))
    methods.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("a.B", {"Do": second, "Undo": second}),))
    assert found(methods, "/a.B/Do") is first
    assert found(methods, "/a.B/Undo") is second


def test_a_method_that_nobody_has_is_not_found() -> None:
    methods = Methods()
    methods.add_registered_method_handlers("a.B", {"Do": handler()})
    assert found(methods, "/a.B/Undo") is None
    assert found(methods, "/a.C/Do") is None
