// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"testing"
)

// disk is a file system in memory, which is full when the test says so.
type disk struct {
	at   string
	full bool
}

const roomy = 4 << 30 // of what is used alone there is memory taken

func newDisk(t *testing.T) *disk {
	t.Helper()
	at, err := os.MkdirTemp("", "carescan-chaos-") //nolint:usetesting // a folder of the test's own is closed to the user of PostgreSQL
	if err != nil {
		t.Fatal(err)
	}
	d := &disk{at: at}
	t.Cleanup(func() { _ = os.Remove(at) })
	if err := syscall.Mount("carescan-chaos", d.at, "tmpfs", 0, size(roomy)); err != nil {
		t.Skipf("this machine does not let a test mount a file system: %v", err)
	}
	d.freeOnInterrupt(t)
	t.Cleanup(func() {
		if err := syscall.Unmount(d.at, syscall.MNT_DETACH); err != nil {
			t.Errorf("unmount %s: %v", d.at, err)
		}
	})
	if err := os.Chmod(d.at, 0o711); err != nil { // the mode of a mount is its own
		t.Fatal(err)
	}
	return d
}

// freeOnInterrupt gives the memory back when somebody interrupts the test, which a lab
// then ends.
func (d *disk) freeOnInterrupt(t *testing.T) {
	told := make(chan os.Signal, 1)
	signal.Notify(told, os.Interrupt, syscall.SIGTERM)
	t.Cleanup(func() { signal.Stop(told); close(told) })
	go func() {
		if _, interrupted := <-told; interrupted {
			_ = syscall.Unmount(d.at, syscall.MNT_DETACH)
		}
	}()
}

func size(bytes int64) string { return fmt.Sprintf("size=%d", bytes) }

// fill leaves room for so many bytes more.
func (d *disk) fill(left int64) error {
	for {
		var now syscall.Statfs_t
		if err := syscall.Statfs(d.at, &now); err != nil {
			return err
		}
		used := int64(now.Blocks-now.Bfree) * now.Bsize
		err := d.resize(used + left + now.Bsize)
		if err == nil {
			d.full = true
			return nil
		}
		if left += 64 << 10; left > roomy { // more was written meanwhile
			return err
		}
	}
}

// free gives the room back.
func (d *disk) free() error {
	if !d.full {
		return nil
	}
	d.full = false
	return d.resize(roomy)
}

func (d *disk) resize(bytes int64) error {
	return syscall.Mount("carescan-chaos", d.at, "tmpfs", syscall.MS_REMOUNT, size(bytes))
}
