"""Operators, as an operator sees them."""

from appshare.gateway.authentication import calling_operator_or_none
from appshare.gateway.operator.keeping import kept
from appshare.gateway.operators import Operator, Operators
from appshare.rpc.interceptor import Context
from appshare.rpc.timestamps import timestamp
from appshare.v1 import operator_access_pb2 as pb
from appshare.v1 import operator_access_pb2_grpc


class OperatorServicer(operator_access_pb2_grpc.OperatorServiceServicer):
    """Serves `OperatorService`."""

    def __init__(self, operators: Operators) -> None:
        self._operators = operators

    async def AddOperator(self, request: pb.AddOperatorRequest, context: Context) -> pb.AddOperatorResponse:
        """Adds an operator."""
        with kept():
            operator, token = self._operators.add(request.name)
        return pb.AddOperatorResponse(operator=_write_operator(operator), token=token)

    async def ListOperators(self, request: pb.ListOperatorsRequest, context: Context) -> pb.ListOperatorsResponse:
        """Lists the operators."""
        return pb.ListOperatorsResponse(operators=map(_write_operator, self._operators.all()))

    async def RemoveOperator(self, request: pb.RemoveOperatorRequest, context: Context) -> pb.RemoveOperatorResponse:
        """Removes an operator."""
        with kept():
            self._operators.remove(request.name)
        return pb.RemoveOperatorResponse()


def _write_operator(operator: Operator) -> pb.Operator:
    return pb.Operator(
        name=operator.name,
        create_time=timestamp(operator.create_time),
        is_this_operator=operator.name == calling_operator_or_none(),
    )
