// SPDX-License-Identifier: Apache-2.0

package starttls

import (
	"bytes"
	"testing"
)

// recording answers with the same bytes whatever is said.
type recording struct{ *bytes.Reader }

func (recording) Write(p []byte) (int, error) { return len(p), nil }

// fuzz plays foreign bytes as the answers of a server. What was agreed on must
// have been agreed on by the bytes read, and by nothing that follows them.
func fuzz(f *testing.F, protocol Protocol, seeds ...string) {
	for _, s := range seeds {
		f.Add([]byte(s))
		f.Add([]byte(s + "\x16\x03\x01"))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		answers := recording{bytes.NewReader(raw)}
		err := dialogues[protocol](newTalk(answers, protocol), "chu.test")
		read := len(raw) - answers.Len()
		if read > maxBytes {
			t.Fatalf("%d bytes were read", read)
		}
		if err != nil {
			return
		}
		again := recording{bytes.NewReader(raw[:read])}
		if err := dialogues[protocol](newTalk(again, protocol), "chu.test"); err != nil {
			t.Errorf("agreed after %q, yet not without what follows: %v", raw[:read], err)
		}
		short := recording{bytes.NewReader(raw[:read-1])}
		if err := dialogues[protocol](newTalk(short, protocol), "chu.test"); err == nil {
			t.Errorf("agreed before the end of %q", raw[:read])
		}
	})
}

func FuzzSMTP(f *testing.F) {
	fuzz(f, SMTP, "220 mx.chu.test\r\n250-mx.chu.test\r\n250 STARTTLS\r\n220 go\r\n", "220-a\r\n220 b\r\n250 mx\r\n")
}

func FuzzIMAP(f *testing.F) {
	fuzz(f, IMAP, "* OK ready\r\n* CAPABILITY IMAP4rev1 STARTTLS\r\na1 OK\r\na2 OK\r\n", "* PREAUTH\r\n", "* BYE\r\n")
}

func FuzzPOP3(f *testing.F) {
	fuzz(f, POP3, "+OK\r\n+OK\r\nSTLS\r\n.\r\n+OK\r\n", "+OK\r\n-ERR\r\n+OK\r\n")
}

func FuzzSieve(f *testing.F) {
	fuzz(f, Sieve, "\"IMPLEMENTATION\" \"x\"\r\n\"STARTTLS\"\r\nOK\r\nOK\r\n", "BYE\r\n")
}

func FuzzLDAP(f *testing.F) {
	fuzz(f, LDAP, "\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x00\x04\x00\x04\x00", "\x30\x84\x00\x00\x00\x10\x02\x01\x01\x78\x84\x00\x00\x00\x07\x0a\x01\x00\x04\x00\x04\x00")
}

func FuzzFTP(f *testing.F) {
	fuzz(f, FTP, "220-hello\r\n  there\r\n220 ready\r\n234 go\r\n", "120 wait\r\n220 ready\r\n530 no\r\n")
}

func FuzzXMPP(f *testing.F) {
	const header = "<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='" + streams + "'>"
	fuzz(f, XMPP, header+"<stream:features><starttls xmlns='"+xmppTLS+"'/></stream:features><proceed xmlns='"+xmppTLS+"'/>", header+"<stream:error/>")
}

func FuzzPostgreSQL(f *testing.F) { fuzz(f, PostgreSQL, "S", "N", "E") }

func FuzzMySQL(f *testing.F) {
	fuzz(f, MySQL, "\x20\x00\x00\x00\x0a10.11\x00\x01\x00\x00\x0012345678\x00\xff\xff\x2d\x02\x00\xff\xff\x15\x00\x00", "\x05\x00\x00\x00\xff\x10\x04no")
}

func FuzzRDP(f *testing.F) {
	fuzz(f, RDP, "\x03\x00\x00\x13\x0e\xd0\x00\x00\x12\x34\x00\x02\x00\x08\x00\x01\x00\x00\x00", "\x03\x00\x00\x0b\x06\xd0\x00\x00\x12\x34\x00")
}
