// SPDX-License-Identifier: Apache-2.0

// This file is added to package time by the chaos test, and to nothing else.

package time

import (
	"sync"
	"sync/atomic"
	"syscall"
	"unsafe"
)

// moved is the page on which the test writes by how many seconds the clock is off.
var moved = sync.OnceValue(func() *int64 {
	path, ok := syscall.Getenv("CARESCAN_CHAOS_CLOCK")
	if !ok {
		return new(int64)
	}
	fd, err := syscall.Open(path, syscall.O_RDONLY, 0)
	if err != nil {
		panic("clock of the test: " + err.Error())
	}
	page, err := syscall.Mmap(fd, 0, 8, syscall.PROT_READ, syscall.MAP_SHARED)
	if err != nil {
		panic("clock of the test: " + err.Error())
	}
	return (*int64)(unsafe.Pointer(&page[0]))
})

func jump() int64 { return atomic.LoadInt64(moved()) }
