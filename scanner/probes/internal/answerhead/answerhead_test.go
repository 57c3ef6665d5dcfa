// SPDX-License-Identifier: Apache-2.0

package answerhead

import (
	"bufio"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"carescan/scanner/fact"
)

// sts is a header that must survive whatever stands beside it.
const sts = "Strict-Transport-Security: max-age=31536000\r\n"

func TestRead(t *testing.T) {
	for name, tt := range map[string]struct {
		answer string
		odd    []fact.Oddity
	}{
		"regular":             {"HTTP/1.1 200 OK\r\n" + sts + "\r\nbody", nil},
		"bare_line_feeds":     {"HTTP/1.1 200 OK\nStrict-Transport-Security: max-age=31536000\n\nbody", nil},
		"no_words":            {"HTTP/1.1 200\r\n" + sts + "\r\nbody", nil},
		"empty_line_first":    {"\r\nHTTP/1.1 200 OK\r\n" + sts + "\r\nbody", []fact.Oddity{fact.OddEmptyLine}},
		"small_letters":       {"http/1.1 200 OK\r\n" + sts + "\r\nbody", []fact.Oddity{fact.OddStatusLine}},
		"version_two":         {"HTTP/2 200\r\n" + sts + "\r\nbody", []fact.Oddity{fact.OddStatusLine}},
		"words_stuck":         {"HTTP/1.1 200OK\r\n" + sts + "\r\nbody", []fact.Oddity{fact.OddStatusLine}},
		"spaces_after":        {"HTTP/1.1   200 OK\r\n" + sts + "\r\nbody", nil},
		"no_colon":            {"HTTP/1.1 200 OK\r\nLigne sans deux points\r\n" + sts + "\r\nbody", []fact.Oddity{fact.OddLine}},
		"no_colon_folded":     {"HTTP/1.1 200 OK\r\nLigne sans\r\n deux points\r\n" + sts + "\r\nbody", []fact.Oddity{fact.OddLine, fact.OddFolding}},
		"name_not_ascii":      {"HTTP/1.1 200 OK\r\nEn-tête: é\r\n" + sts + "\r\nbody", []fact.Oddity{fact.OddLine}},
		"name_with_space":     {"HTTP/1.1 200 OK\r\nDeux mots: x\r\n" + sts + "\r\nbody", []fact.Oddity{fact.OddLine}},
		"no_name":             {"HTTP/1.1 200 OK\r\n: x\r\n" + sts + "\r\nbody", []fact.Oddity{fact.OddLine}},
		"space_before_colon":  {"HTTP/1.1 200 OK\r\nStrict-Transport-Security : max-age=31536000\r\n\r\nbody", []fact.Oddity{fact.OddSpace}},
		"folded":              {"HTTP/1.1 200 OK\r\nStrict-Transport-Security:\r\n max-age=31536000\r\n\r\nbody", []fact.Oddity{fact.OddFolding}},
		"folded_first":        {"HTTP/1.1 200 OK\r\n x: y\r\n" + sts + "\r\nbody", []fact.Oddity{fact.OddFolding}},
		"control":             {"HTTP/1.1 200 OK\r\nX-A: a\x01b\r\n" + sts + "\r\nbody", []fact.Oddity{fact.OddControl}},
		"control_in_cookie":   {"HTTP/1.1 200 OK\r\nSet-Cookie: a=\x01\r\n" + sts + "\r\nbody", []fact.Oddity{fact.OddControl}},
		"transfer_identity":   {"HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\n" + sts + "\r\nbody", []fact.Oddity{fact.OddFraming}},
		"transfer_both":       {"HTTP/1.1 200 OK\r\nTransfer-Encoding: identity, chunked\r\n" + sts + "\r\n4\r\nbody\r\n0\r\n\r\n", []fact.Oddity{fact.OddFraming}},
		"length_not_a_number": {"HTTP/1.1 200 OK\r\nContent-Length: x\r\n" + sts + "\r\nbody", []fact.Oddity{fact.OddFraming}},
		"length_listed":       {"HTTP/1.1 200 OK\r\nContent-Length: 4, 4\r\n" + sts + "\r\nbody", nil},
		"length_twice":        {"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Length: 4\r\n" + sts + "\r\nbody", []fact.Oddity{fact.OddFraming}},
		"not_ascii_value":     {"HTTP/1.1 200 OK\r\nX-A: caf\xe9\r\n" + sts + "\r\nbody", nil},
	} {
		t.Run(name, func(t *testing.T) {
			response, odd, err := Read(bufio.NewReader(strings.NewReader(tt.answer)), nil)
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			body, err := io.ReadAll(response.Body)
			if err != nil || string(body) != "body" {
				t.Errorf("body %q, %v", body, err)
			}
			if got := response.Header.Get("Strict-Transport-Security"); response.StatusCode != http.StatusOK || got != "max-age=31536000" {
				t.Errorf("status %d, header %q", response.StatusCode, got)
			}
			if diff := cmp.Diff(tt.odd, odd); diff != "" {
				t.Errorf("oddities (-want +got):\n%s", diff)
			}
			if len(response.Header["Set-Cookie"]) > 0 {
				t.Error("a cookie that browsers drop is kept")
			}
		})
	}
}

// TestReadRefuses holds what browsers refuse too.
func TestReadRefuses(t *testing.T) {
	for name, answer := range map[string]string{
		"nothing": "", "no_status": "HTTP/1.1 abc\r\n\r\n", "four_digits": "HTTP/1.1 2000 OK\r\n\r\n", "cut": "HTTP/1.1 200 OK\r\nServer: x\r\n",
		"two_lengths": "HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nbody", "many_empty_lines": "\n\n\n\n\nHTTP/1.1 200 OK\r\n\r\n",
	} {
		if response, _, err := Read(bufio.NewReader(strings.NewReader(answer)), nil); err == nil {
			response.Body.Close()
			t.Errorf("%s is read as status %d", name, response.StatusCode)
		}
	}
}

// TestReadLeavesTheNextAnswer holds that an interim answer takes nothing of the
// one after.
func TestReadLeavesTheNextAnswer(t *testing.T) {
	reader := bufio.NewReader(strings.NewReader("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n"))
	for _, want := range []int{103, 204} {
		response, _, err := Read(reader, nil)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != want {
			t.Errorf("status %d, want %d", response.StatusCode, want)
		}
	}
}

// FuzzRead holds that whatever the library reads, this reads too, and alike.
func FuzzRead(f *testing.F) {
	f.Add([]byte("HTTP/1.1 200 OK\r\nServer: nginx\r\nSet-Cookie: sid=secret; Secure\r\n\r\n"))
	f.Add([]byte("\r\nHTTP/1.1 301 \xff\r\nLocation: //[::1\r\n x\r\nbad\r\n\r\n"))
	f.Add([]byte("HTTP/1.0 999 x\r\nA : b\r\nContent-Length: 1,1\r\n\r\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		response, odd, err := Read(bufio.NewReader(strings.NewReader(string(text))), nil)
		if err == nil {
			response.Body.Close()
		}
		strict, refusal := http.ReadResponse(bufio.NewReader(strings.NewReader(string(text))), nil)
		if refusal != nil {
			return
		}
		strict.Body.Close()
		if len(odd) == 0 && err == nil && response.StatusCode != strict.StatusCode {
			t.Errorf("status %d, the library reads %d", response.StatusCode, strict.StatusCode)
		}
	})
}
