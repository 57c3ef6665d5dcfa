// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"encoding/pem"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"carescan/scanner"
)

// TestPasswordFileSavedByWindows: a wrong password at every run locks the account,
// so what is no text in UTF-8 (RFC 4511 section 4.2) never reaches the directory.
func TestPasswordFileSavedByWindows(t *testing.T) {
	for name, test := range map[string]struct {
		saved, want string
		refused     scanner.CauseCode
	}{
		"unix":                 {"Zorglub é\n", "Zorglub é", ""},
		"mark-and-crlf":        {"\ufeffZorglub é\r\n", "Zorglub é", ""},
		"no-line":              {"Zorglub", "Zorglub", ""},
		"spaces-are-its-own":   {" Zorglub \n", " Zorglub ", ""},
		"utf-16-le":            {"\xff\xfeZ\x00o\x00", "", scanner.CauseFileEncoding},
		"utf-16-be":            {"\xfe\xff\x00Z\x00o", "", scanner.CauseFileEncoding},
		"utf-16-without-mark":  {"Z\x00o\x00", "", scanner.CauseFileEncoding},
		"windows-1252":         {"Zorglub \xe9\r\n", "", scanner.CauseFileEncoding},
		"nothing-but-the-mark": {"\ufeff\r\n", "", scanner.CauseFileEmpty},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "password.txt")
			if err := os.WriteFile(file, []byte(test.saved), 0o600); err != nil {
				t.Fatal(err)
			}
			got, err := readPassword(file)
			if got != test.want || (err == nil) != (test.refused == "") {
				t.Fatalf("password = %q, %v, want %q", got, err, test.want)
			}
			if err != nil && (scanner.CauseOf(err).Code != test.refused || strings.Contains(err.Error(), "Zorglub")) {
				t.Errorf("error = %v (%s), want %s and no secret", err, scanner.CauseOf(err).Code, test.refused)
			}
		})
	}
}

// TestAuthoritiesSavedByWindows: behind a mark, the first certificate of a file is
// not seen.
func TestAuthoritiesSavedByWindows(t *testing.T) {
	server := httptest.NewTLSServer(nil)
	defer server.Close()
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, append([]byte("\ufeff"), text...), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := readAuthorities(file); err != nil {
		t.Error(err)
	}
}
