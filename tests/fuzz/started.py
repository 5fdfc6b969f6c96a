"""regpipe, stopped at the entry of its main function until strace is attached (see faults.py).

Called as `started.py READY LOCK ARGUMENT…`: it closes the descriptor READY when it has come so
far, and goes on when the lock on that file is free.
"""

import ctypes
import fcntl
import os
import sys

import regpipe.__main__

_PR_SET_PTRACER = 0x59616D61
_ANY = ctypes.c_ulong(-1)

ctypes.CDLL(None).prctl(_PR_SET_PTRACER, _ANY, 0, 0, 0)
lock = os.open(sys.argv[2], os.O_RDWR)
os.close(int(sys.argv[1]))
sys.argv = [regpipe.__main__.__file__, *sys.argv[3:]]
fcntl.flock(lock, fcntl.LOCK_EX)  # no system call that is made to fail
regpipe.__main__.run()
