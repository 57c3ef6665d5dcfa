// SPDX-License-Identifier: Apache-2.0

package loopback

import (
	"bytes"
	"encoding/binary"
	"io"
	"net"
	"testing"
)

// handshake is the type of the records of TLS that hold a hello.
const handshake = 22

// Behind puts a middle box before a TLS server, and gives its address: it reads the
// first record of each connection, and resets those it loses. What begins otherwise
// than by a record of TLS is told by its first five bytes.
func Behind(t testing.TB, server string, loses func(record []byte) bool) string {
	t.Helper()
	return Serve(t, func(client net.Conn) {
		record := make([]byte, 5)
		if _, err := io.ReadFull(client, record); err != nil {
			return
		}
		if record[0] == handshake {
			body := make([]byte, binary.BigEndian.Uint16(record[3:]))
			if _, err := io.ReadFull(client, body); err != nil {
				return
			}
			record = append(record, body...)
		}
		if loses(record) {
			_ = client.(*net.TCPConn).SetLinger(0) // Serve listens over TCP
			return
		}
		onward, err := new(net.Dialer).DialContext(t.Context(), "tcp", server)
		if err != nil {
			return
		}
		defer onward.Close()
		go func() {
			_, _ = io.Copy(onward, io.MultiReader(bytes.NewReader(record), client))
			_ = onward.(*net.TCPConn).CloseWrite()
		}()
		_, _ = io.Copy(client, onward)
	})
}

// Over255 loses a hello whose length needs more than one byte.
func Over255(record []byte) bool { return record[0] == handshake && len(record)-5 > 255 }
