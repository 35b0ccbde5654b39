"""Commands and buttons: parse, acknowledge, call one service, render, send."""
