// SPDX-License-Identifier: Apache-2.0

// Package scannertest plays a hospital with known faults, in one process on the
// loopback: DNS zones and their registry, mail servers, web sites, a machine left
// open, a directory over LDAPS, account exports, a hosting register and
// attestations. Tests scan it, and so does anybody who tries the product with the
// lab command. Everything and everybody in it is invented.
package scannertest

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"
)

// Options say where the hospital lives. Only Folder is needed.
type Options struct {
	Address string           // loopback IPv4 address to listen on; 127.0.0.1 when empty
	Folder  string           // where the files are written; made when absent
	Now     func() time.Time // the day of the hospital; time.Now when nil
}

// Hospital is a running hospital. Close ends it.
type Hospital struct {
	address  string
	folder   string
	now      time.Time
	ca       authority
	settings Settings
	closers  []func() error
	closing  sync.Once
	closed   error
}

// Start opens every service on a free port and writes every file. Dates are
// relative to the moment of the call.
func Start(o Options) (*Hospital, error) {
	h, err := newHospital(o)
	if err != nil {
		return nil, err
	}
	steps := []func() error{
		h.openAuthority, h.openDNS, h.openRegistration, h.openMail, h.openSites, h.openHost, h.openDirectory,
		h.writeLog, h.writeExports, h.writeRecords, h.writeManifest,
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return nil, errors.Join(fmt.Errorf("start the lab hospital: %w", err), h.Close())
		}
	}
	return h, nil
}

func newHospital(o Options) (*Hospital, error) {
	if o.Address == "" {
		o.Address = "127.0.0.1"
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	// A hospital full of faults must never be within reach of another machine.
	addr, err := netip.ParseAddr(o.Address)
	if err != nil || !addr.Is4() || !addr.IsLoopback() {
		return nil, fmt.Errorf("lab address %q is not an IPv4 loopback address", o.Address)
	}
	if o.Folder == "" {
		return nil, errors.New("the lab needs a folder for its files")
	}
	if err := os.MkdirAll(o.Folder, 0o700); err != nil {
		return nil, fmt.Errorf("make the lab folder: %w", err)
	}
	return &Hospital{address: o.Address, folder: o.Folder, now: o.Now().UTC(), settings: baseSettings()}, nil
}

// Close ends every service and waits for it. The files stay.
func (h *Hospital) Close() error {
	h.closing.Do(func() {
		for _, closer := range slices.Backward(h.closers) {
			h.closed = errors.Join(h.closed, closer())
		}
	})
	return h.closed
}

// onClose remembers how to end a service.
func (h *Hospital) onClose(closer func() error) { h.closers = append(h.closers, closer) }

// write puts a file in the folder, for the owner only, and returns its path.
func (h *Hospital) write(name string, content []byte) (string, error) {
	path := filepath.Join(h.folder, name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		return "", fmt.Errorf("write lab file: %w", err)
	}
	return path, nil
}
