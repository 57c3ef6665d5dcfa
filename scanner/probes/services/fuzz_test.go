// SPDX-License-Identifier: Apache-2.0

package services

import (
	"bytes"
	"testing"

	"carescan/scanner/fact"
)

// readers are all that read the bytes of a server.
func readers() []func([]byte) (identity, bool) {
	list := []func([]byte) (identity, bool){readBanner, readFeatures, readFTPAuth}
	for _, e := range table {
		if e.first != nil && e.first().read != nil {
			list = append(list, e.first().read)
		}
	}
	for _, d := range datagrams {
		list = append(list, func(b []byte) (identity, bool) { return identity{}, d.answers(b) })
	}
	return list
}

// FuzzReaders feeds every reader of a banner or an answer.
func FuzzReaders(f *testing.F) {
	for _, h := range handshakes() {
		f.Add([]byte(h.greeting))
		for _, a := range h.answers {
			f.Add([]byte(a))
		}
	}
	f.Add([]byte("220-a\r\n220 b FTP\r\n"))
	f.Add([]byte("\x4a\x00\x00\x00\x0a5.5.5-10.11.6-MariaDB\x00"))
	f.Add([]byte("\x30\x84\x00\x00\x00\x10\x02\x01\x01\x64\x84\x00\x00\x00\x07\x04\x00\x30\x84\x00\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, said []byte) {
		for _, read := range readers() {
			if id, ok := read(said); ok && len(said) == 0 {
				t.Errorf("%+v was recognised in nothing", id)
			}
		}
	})
}

// FuzzKexInit feeds the reader of the offers of an SSH server.
func FuzzKexInit(f *testing.F) {
	f.Add(append([]byte{0, 0, 0, 40, 4, 20}, bytes.Repeat([]byte{0, 0, 0, 1, 'a'}, 12)...))
	f.Fuzz(func(t *testing.T, said []byte) {
		var look fact.SSH
		readKexInit(afterLine(said), &look)
		if len(look.Kex) > 100 || len(look.Ciphers) > 200 {
			t.Errorf("%d key exchanges, %d ciphers", len(look.Kex), len(look.Ciphers))
		}
	})
}

// FuzzPage feeds the reader of pages.
func FuzzPage(f *testing.F) {
	f.Add([]byte("HTTP/1.1 200 OK\r\nServer: nginx/1.26.0\r\n\r\nVMware ESXi"))
	f.Add([]byte("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"))
	f.Fuzz(func(t *testing.T, said []byte) {
		got, ok := readHTTP(bytes.NewReader(said))
		if !ok {
			return
		}
		if id := readPage(got, "/version"); id.protocol == "" || len(got.text) > maxPage {
			t.Errorf("%+v from %d bytes", id, len(got.text))
		}
	})
}
