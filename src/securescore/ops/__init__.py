"""Operations: the only package that knows all six steps of the flow."""
