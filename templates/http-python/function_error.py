class FunctionError(Exception):
    """An answer other than success.

    The HTTP status says which, and becomes the matching gRPC status, such as 400 INVALID_ARGUMENT, 403 PERMISSION_DENIED,
    404 NOT_FOUND or 412 FAILED_PRECONDITION.
    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
