"""What the operating system refuses, in Chinese."""

from __future__ import annotations

import errno
import socket

_REASONS = {
    errno.EACCES: "没有权限",
    errno.EADDRINUSE: "已被占用",
    errno.EADDRNOTAVAIL: "本机没有这个地址",
    errno.EEXIST: "同名文件已存在",
    errno.EISDIR: "是一个目录",
    errno.ENOENT: "路径不存在",
    errno.ENOSPC: "磁盘已满",
    errno.ENOTDIR: "上级不是目录",
    errno.EPERM: "没有权限",
    socket.EAI_NONAME: "没有这个主机名",
    errno.EROFS: "文件系统只读",
}


def os_reason(error: OSError) -> str:
    """Why; the system's own words where we have none."""
    return _REASONS.get(error.errno or 0) or error.strerror or type(error).__name__
