// SPDX-License-Identifier: Apache-2.0

package hospital

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"time"
)

// packet is one segment of TCP or one datagram of UDP, as it was on the wire.
type packet struct {
	at       time.Time
	from, to netip.AddrPort
	tcp      bool
	sequence uint32
	flags    byte // of TCP (RFC 9293 section 3.1)
	payload  []byte
	size     int // bytes of payload, of which the capture may have kept fewer
}

const (
	flagFIN = 1 << 0
	flagSYN = 1 << 1
	flagRST = 1 << 2
	flagACK = 1 << 4
)

// The numbers of IEEE 802.3, RFC 791, RFC 8200 and IANA that a frame is read by.
const (
	etherHeader = 14
	etherIPv4   = 0x0800
	etherIPv6   = 0x86dd
	protoTCP    = 6
	protoUDP    = 17
)

// decode reads an Ethernet frame; what is neither TCP nor UDP over IP is left aside.
// A frame may be cut short after its headers.
func decode(at time.Time, frame []byte) (p packet, ok bool) {
	if len(frame) < etherHeader {
		return p, false
	}
	p.at = at
	body := frame[etherHeader:]
	var proto byte
	var from, to netip.Addr
	var size int // of what IP carries
	switch binary.BigEndian.Uint16(frame[12:]) {
	case etherIPv4:
		if len(body) < 20 {
			return p, false
		}
		header, total := int(body[0]&0xf)*4, int(binary.BigEndian.Uint16(body[2:]))
		if header < 20 || total < header || len(body) < header || binary.BigEndian.Uint16(body[6:])&0x1fff != 0 {
			return p, false // not the beginning of a packet
		}
		proto, from, to = body[9], netip.AddrFrom4([4]byte(body[12:16])), netip.AddrFrom4([4]byte(body[16:20]))
		body, size = body[header:min(total, len(body))], total-header // the padding of short frames is left
	case etherIPv6:
		if len(body) < 40 {
			return p, false
		}
		size = int(binary.BigEndian.Uint16(body[4:]))
		proto, from, to = body[6], netip.AddrFrom16([16]byte(body[8:24])), netip.AddrFrom16([16]byte(body[24:40]))
		body = body[40:min(40+size, len(body))]
	default:
		return p, false
	}
	if len(body) < 8 {
		return p, false
	}
	p.from = netip.AddrPortFrom(from, binary.BigEndian.Uint16(body))
	p.to = netip.AddrPortFrom(to, binary.BigEndian.Uint16(body[2:]))
	switch proto {
	case protoUDP:
		p.payload, p.size = body[8:], size-8
		return p, true
	case protoTCP:
		if len(body) < 20 {
			return p, false
		}
		header := int(body[12]>>4) * 4
		if header < 20 || len(body) < header {
			return p, false
		}
		p.tcp, p.sequence, p.flags, p.payload = true, binary.BigEndian.Uint32(body[4:]), body[13], body[header:]
		p.size = size - header
		return p, true
	}
	return p, false
}

// A capture is a file in the format of libpcap, times in nanoseconds, so that tcpdump
// and Wireshark read what was counted.
const (
	captureMagic  = 0xa1b23c4d
	captureEther  = 1
	captureLength = 768 // bytes kept of a frame: a hello, a question or a request begins there
)

// record writes a capture, one frame after the other.
type record struct{ out *bufio.Writer }

func newRecord(w io.Writer) (*record, error) {
	r := &record{bufio.NewWriterSize(w, 1<<20)}
	header := binary.LittleEndian.AppendUint32(nil, captureMagic)
	header = binary.LittleEndian.AppendUint16(header, 2)
	header = binary.LittleEndian.AppendUint16(header, 4)
	header = append(header, make([]byte, 8)...)
	header = binary.LittleEndian.AppendUint32(header, captureLength)
	header = binary.LittleEndian.AppendUint32(header, captureEther)
	_, err := r.out.Write(header)
	return r, err
}

func (r *record) add(at time.Time, frame []byte, whole int) error {
	header := binary.LittleEndian.AppendUint32(nil, uint32(at.Unix()))
	header = binary.LittleEndian.AppendUint32(header, uint32(at.Nanosecond()))
	header = binary.LittleEndian.AppendUint32(header, uint32(len(frame)))
	header = binary.LittleEndian.AppendUint32(header, uint32(whole))
	if _, err := r.out.Write(header); err != nil {
		return err
	}
	_, err := r.out.Write(frame)
	return err
}

// replay tells every packet of a capture, in order.
func replay(r io.Reader, tell func(packet)) error {
	in := bufio.NewReaderSize(r, 1<<20)
	header := make([]byte, 24)
	if _, err := io.ReadFull(in, header); err != nil {
		return fmt.Errorf("read the capture: %w", err)
	}
	if magic := binary.LittleEndian.Uint32(header); magic != captureMagic {
		return fmt.Errorf("read the capture: it begins with %#x", magic)
	}
	for {
		if _, err := io.ReadFull(in, header[:16]); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("read a frame of the capture: %w", err)
		}
		length := binary.LittleEndian.Uint32(header[8:])
		if length > captureLength {
			return fmt.Errorf("read a frame of the capture: %d bytes", length)
		}
		frame := make([]byte, length)
		if _, err := io.ReadFull(in, frame); err != nil {
			return fmt.Errorf("read a frame of the capture: %w", err)
		}
		at := time.Unix(int64(binary.LittleEndian.Uint32(header)), int64(binary.LittleEndian.Uint32(header[4:])))
		if p, ok := decode(at, frame); ok {
			tell(p)
		}
	}
}
