// SPDX-License-Identifier: Apache-2.0

//go:build linux && (amd64 || arm64)

package worker

import (
	"fmt"
	"runtime"
	"unsafe"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// lockKernel takes from this process, for good and in all its threads, every
// socket but local ones, and the right to start a program; and bounds its
// memory. Failing to lock is failing to work.
func lockKernel(memory int64) error {
	if err := limitMemory(uint64(memory)); err != nil {
		return err
	}
	filter, err := filterCalls()
	if err != nil {
		return err
	}
	runtime.LockOSThread() // both calls must be made by the same thread
	defer runtime.UnlockOSThread()
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("give up privileges: %w", err)
	}
	program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	_, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER,
		unix.SECCOMP_FILTER_FLAG_TSYNC, uintptr(unsafe.Pointer(&program))) //nolint:gosec // the kernel takes the filter by address
	if errno != 0 {
		return fmt.Errorf("lock the network: %w", errno)
	}
	return nil
}

// limitMemory bounds what may be written (the data limit of setrlimit(2)); Go
// reserves far more addresses than it writes. No core file may be left either.
func limitMemory(bytes uint64) error {
	if err := unix.Setrlimit(unix.RLIMIT_DATA, &unix.Rlimit{Cur: bytes, Max: bytes}); err != nil {
		return fmt.Errorf("limit memory: %w", err)
	}
	if err := unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{}); err != nil {
		return fmt.Errorf("forbid core files: %w", err)
	}
	return nil
}

// Offsets in struct seccomp_data (seccomp(2)).
const (
	offCall     = 0
	offMachine  = 4
	offArgument = 16
)

// filterCalls refuses, with "permission denied": calls of another machine type
// (which have other numbers), socket(2) for all but local sockets, io_uring(7)
// which opens sockets on its own, and execve(2).
func filterCalls() ([]unix.SockFilter, error) {
	const x32 = 0x40000000 // the third numbering of amd64
	deny := bpf.RetConstant{Val: unix.SECCOMP_RET_ERRNO | uint32(unix.EACCES)}
	allow := bpf.RetConstant{Val: unix.SECCOMP_RET_ALLOW}
	raw, err := bpf.Assemble([]bpf.Instruction{
		bpf.LoadAbsolute{Off: offMachine, Size: 4},
		bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: machine(), SkipTrue: 8},
		bpf.LoadAbsolute{Off: offCall, Size: 4},
		bpf.JumpIf{Cond: bpf.JumpGreaterOrEqual, Val: x32, SkipTrue: 6},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: unix.SYS_IO_URING_SETUP, SkipTrue: 5},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: unix.SYS_EXECVE, SkipTrue: 4},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: unix.SYS_EXECVEAT, SkipTrue: 3},
		bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: unix.SYS_SOCKET, SkipTrue: 3},
		bpf.LoadAbsolute{Off: offArgument, Size: 4},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: unix.AF_UNIX, SkipTrue: 1},
		deny,
		allow,
	})
	if err != nil {
		return nil, fmt.Errorf("write the network lock: %w", err)
	}
	filter := make([]unix.SockFilter, len(raw))
	for i, r := range raw {
		filter[i] = unix.SockFilter{Code: r.Op, Jt: r.Jt, Jf: r.Jf, K: r.K}
	}
	return filter, nil
}

func machine() uint32 {
	if runtime.GOARCH == "arm64" {
		return unix.AUDIT_ARCH_AARCH64
	}
	return unix.AUDIT_ARCH_X86_64
}
