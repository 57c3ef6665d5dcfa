// SPDX-License-Identifier: Apache-2.0

package scannertest

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"strconv"
	"sync"
	"time"
)

// hostAccess is a machine left on the internet with three doors open.
const hostAccess = "acces." + domainMain

// openHost answers on three ports of the forgotten machine, and on none of the
// others: every port is redirected, so that what a developer runs on this machine
// is never looked at.
func (h *Hospital) openHost() error {
	for _, number := range hostPorts() {
		h.redirect(h.nowhere(), place(number))
	}
	for number, answer := range map[int]responder{3389: remoteDesktop, 6379: openCache, 104: imagingNode} {
		port, err := h.respond(answer)
		if err != nil {
			return err
		}
		h.redirect(port, place(number))
	}
	h.settings.Hosts = []string{hostAccess}
	h.settings.Ports = tcpPorts()
	return nil
}

func place(port int) string { return net.JoinHostPort(hostAccess, strconv.Itoa(port)) }

// nowhere is where nobody listens: port 1 was given to a service that nobody runs
// any more (RFC 1078).
func (h *Hospital) nowhere() string { return net.JoinHostPort(h.address, "1") }

// tcpPorts are those looked at in the lab: some of each kind of service.
func tcpPorts() []int {
	return []int{
		80, 443, 8080, 8443, 25, 465, 993, 3389, 5900, 6000, 445, 139, 135, 111, 2049, 873, 21, 23, 22, 2222,
		1433, 1521, 3306, 5432, 6379, 9200, 27017, 389, 636, 88, 5985, 902, 8006, 9443, 5000, 10000,
		104, 11112, 4242, 2575, 8042, 502, 102, 9100, 554, 5672, 1883, 2375, 6443, 2379,
	}
}

// hostPorts adds those asked over UDP.
func hostPorts() []int { return append(tcpPorts(), 161, 123, 1900, 11211, 623, 137, 47808) }

// responder answers what was just received; nothing received is the moment after
// the connection. Nil ends the conversation.
type responder func(received []byte) []byte

// How much of a conversation a responder takes part in.
const (
	maxTurns    = 20
	maxReceived = 4 << 10
	maxSilence  = time.Minute
)

// respond plays a responder on a free port.
func (h *Hospital) respond(answer responder) (at string, err error) {
	return h.respondAt(h.address, answer)
}

func (h *Hospital) respondAt(address string, answer responder) (at string, err error) {
	listener, err := net.Listen("tcp4", net.JoinHostPort(address, "0"))
	if err != nil {
		return "", fmt.Errorf("listen: %w", err)
	}
	desk := &desk{listener: listener, answer: answer, open: map[net.Conn]bool{}}
	desk.work.Go(desk.serve)
	h.onClose(desk.stop)
	return listener.Addr().String(), nil
}

// desk serves one responder.
type desk struct {
	listener net.Listener
	answer   responder
	work     sync.WaitGroup
	mu       sync.Mutex
	open     map[net.Conn]bool // nil once stopped
}

func (d *desk) serve() {
	for {
		conn, err := d.listener.Accept()
		if err != nil {
			return // stop closed the listener
		}
		if d.enter(conn) {
			d.work.Go(func() { d.converse(conn) })
		}
	}
}

func (d *desk) enter(conn net.Conn) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.open == nil {
		_ = conn.Close()
		return false
	}
	d.open[conn] = true
	return true
}

// converse listens and answers until either has nothing more to say.
func (d *desk) converse(conn net.Conn) {
	defer func() {
		_ = conn.Close()
		d.mu.Lock()
		delete(d.open, conn)
		d.mu.Unlock()
	}()
	received := make([]byte, maxReceived)
	n := 0
	for range maxTurns {
		said := d.answer(received[:n])
		if said == nil || conn.SetDeadline(time.Now().Add(maxSilence)) != nil {
			return
		}
		if _, err := conn.Write(said); err != nil {
			return
		}
		var err error
		if n, err = conn.Read(received); err != nil {
			return
		}
	}
}

func (d *desk) stop() error {
	err := d.listener.Close()
	d.mu.Lock()
	for conn := range d.open {
		_ = conn.Close()
	}
	d.open = nil
	d.mu.Unlock()
	d.work.Wait()
	if err != nil && !errors.Is(err, net.ErrClosed) {
		return fmt.Errorf("stop a responder: %w", err)
	}
	return nil
}

// silence waits for the client to speak first.
func silence() []byte { return []byte{} }

// remoteDesktop confirms a connection and asks for network-level authentication
// (MS-RDPBCGR 2.2.1.2). Nobody ever gets further.
func remoteDesktop(received []byte) []byte {
	switch {
	case len(received) == 0:
		return silence()
	case len(received) >= 11 && received[0] == 0x03 && received[5] == 0xe0:
		return []byte{
			0x03, 0x00, 0x00, 0x13, // TPKT
			0x0e, 0xd0, 0, 0, 0x12, 0x34, 0, // X.224 connection confirm
			0x02, 0x00, 0x08, 0x00, 0x02, 0, 0, 0, // RDP_NEG_RSP: CredSSP
		}
	}
	return nil
}

// openCache answers a ping without asking who is there.
func openCache(received []byte) []byte {
	switch string(received) {
	case "":
		return silence()
	case "PING\r\n":
		return []byte("+PONG\r\n")
	}
	return nil
}

// The units of the upper layer of DICOM (PS3.8 section 9.3).
const (
	unitRequest = 0x01
	unitAccept  = 0x02
)

// imagingNode accepts any association (PS3.8 section 9.3.3), and hangs up at
// whatever comes next: it holds no image.
func imagingNode(received []byte) []byte {
	if len(received) == 0 {
		return silence()
	}
	const titles = 4 + 32 // protocol version, reserved, both titles
	if len(received) < 6+titles+32 || received[0] != unitRequest {
		return nil
	}
	body := append([]byte{}, received[6:6+titles+32]...)
	body = append(body, unit(0x10, []byte("1.2.840.10008.3.1.1.1"))...)
	body = append(body, unit(0x21, append([]byte{1, 0, 0, 0}, unit(0x40, []byte("1.2.840.10008.1.2"))...))...)
	body = append(body, unit(0x50, unit(0x51, []byte{0, 0, 0x40, 0}))...)
	return append(binary.BigEndian.AppendUint32([]byte{unitAccept, 0}, uint32(len(body))), body...)
}

// unit is one item of an association: type, reserved, length, content.
func unit(kind byte, content []byte) []byte {
	return append(binary.BigEndian.AppendUint16([]byte{kind, 0}, uint16(len(content))), content...)
}
