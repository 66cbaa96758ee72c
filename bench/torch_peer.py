"""PyTorch side of the benchmarks: reads {"id", "setup", "run", "iterations"} lines, answers nanoseconds per iteration.

A case's `setup` and `run` are Python source from bench/cases; `result` asks for the value of an expression instead.
"""
import json
import math
import sys
import time

import torch
import torch.nn.functional as F

scopes = {}
clock = time.process_time_ns if sys.argv[2:] == ["cpu"] else time.perf_counter_ns


def scope_of(request):
    if request["id"] not in scopes:
        scope = {"torch": torch, "F": F, "math": math, "nn": torch.nn, "optim": torch.optim}
        exec(request["setup"], scope)
        body = "\n".join("        " + line for line in request["run"].split("\n"))
        exec("def _loop(_n):\n    for _ in range(_n):\n" + body + "\n", scope)
        scopes[request["id"]] = scope
    return scopes[request["id"]]


def main():
    torch.set_num_threads(int(sys.argv[1]) if len(sys.argv) > 1 else 1)
    print(json.dumps({"version": torch.__version__}), flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        try:
            scope = scope_of(request)
            if "result" in request:
                value = eval(request["result"], scope)
                value = value.detach() if hasattr(value, "detach") else torch.as_tensor(value)
                answer = {"values": value.double().flatten().tolist()}
            else:
                start = clock()
                scope["_loop"](request["iterations"])
                answer = {"ns": (clock() - start) / request["iterations"]}
            if request.get("last"):
                del scopes[request["id"]]
        except Exception as error:  # reported to the caller, who decides
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


main()
