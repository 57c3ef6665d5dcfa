// SPDX-License-Identifier: Apache-2.0

package hello

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"math/big"
	"net"
	"slices"
	"strings"
	"testing"
)

func TestRegistryIsSorted(t *testing.T) {
	if !slices.IsSortedFunc(registry[:], func(a, b Suite) int { return int(a.ID) - int(b.ID) }) {
		t.Error("the registry is not sorted by number")
	}
	for _, suite := range append(tls.CipherSuites(), tls.InsecureCipherSuites()...) {
		if name := SuiteName(suite.ID); name != suite.Name {
			t.Errorf("0x%04X is %s here and %s in the standard library", suite.ID, name, suite.Name)
		}
	}
}

func TestTraits(t *testing.T) {
	tests := map[string]struct {
		id   uint16
		want Trait
	}{
		"export":  {0x0003, Export | RC4 | StaticKey | RSA},
		"des40":   {0x0008, Export | DES | CBC | StaticKey | RSA},
		"null":    {0x003B, Null | StaticKey | RSA | Only12},
		"anon":    {0xC018, Anonymous | CBC},
		"anon-dh": {0x0034, Anonymous | CBC | ShortDH},
		"anon-40": {0x0019, Anonymous | Export | DES | CBC | ExportDH},
		"dss":     {0x0032, CBC | DHE | DSS},
		"3des":    {0x0016, TripleDES | CBC | DHE | RSA},
		"gcm":     {0xC02F, AEAD | ECDHE | RSA | Only12},
		"chacha":  {0xCCAA, AEAD | DHE | RSA | Only12},
		"ccm":     {0xC0AC, AEAD | ECDHE | ECDSA | Only12},
		"ccm8":    {0xC0AE, CCM8 | ECDHE | ECDSA | Only12},
		"static":  {0xC004, StaticKey | CBC},
		"new":     {0x1301, AEAD | Only13},
		"new-8":   {0x1305, CCM8 | Only13},
		"unknown": {0xFFFF, 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := Traits(tt.id); got != tt.want {
				t.Errorf("%s: %b, want %b", SuiteName(tt.id), got, tt.want)
			}
		})
	}
}

// TestOfferIsUnderstood holds that a real server reads what is written.
func TestOfferIsUnderstood(t *testing.T) {
	heard := make(chan *tls.ClientHelloInfo, 1)
	o := Offer{
		Version: TLS12, Suites: []uint16{0xC02B, 0xC02C}, Groups: []uint16{P384, P256}, Name: "www.chu.test", ALPN: []string{"h2"},
		MasterSecret: true, Renegotiate: true, Compress: true, Status: true, Timestamps: true, Ticket: true,
	}
	a, err := answerTo(t, o, &tls.Config{NextProtos: []string{"h2"}}, heard)
	if err != nil || a.Version != TLS12 || a.Suite != 0xC02B || a.Signature>>8 == 0 || a.ALPN != "h2" || !a.MasterSecret || !a.Renegotiate || !a.Done {
		t.Errorf("%+v, %v", a, err)
	}
	info := <-heard
	if info.ServerName != o.Name || !slices.Equal(info.CipherSuites, o.Suites) || !slices.Equal(info.SupportedCurves, []tls.CurveID{24, 23}) {
		t.Errorf("heard %+v", info)
	}
	if len(a.Certificates) != 1 || !slices.Contains(o.Groups, a.Group) {
		t.Errorf("%d certificates, group %d", len(a.Certificates), a.Group)
	}
}

func TestRetryAndShare(t *testing.T) {
	o := Offer{Version: TLS13, Suites: Suites(TLS13, 0), Groups: Groups(TLS13), Name: "www.chu.test"}
	a, err := answerTo(t, o, &tls.Config{CurvePreferences: []tls.CurveID{tls.CurveP384}}, nil)
	if err != nil || a.Version != TLS13 || !a.Retry || a.Group != P384 {
		t.Errorf("without a key: %+v, %v", a, err)
	}
	o.Shares = []uint16{X25519, P256, P384, P521}
	if a, err = answerTo(t, o, &tls.Config{CurvePreferences: []tls.CurveID{tls.CurveP521}}, nil); err != nil || a.Retry || a.Group != P521 {
		t.Errorf("with keys: %+v, %v", a, err)
	}
	o.Groups, o.Shares = []uint16{30}, nil
	if a, err = answerTo(t, o, &tls.Config{}, nil); err != nil || !a.Alerted || a.Chose() {
		t.Errorf("without a common group: %+v, %v", a, err)
	}
}

// TestSizes holds the bounds that keep hellos answered.
func TestSizes(t *testing.T) {
	for v := SSL3; v <= TLS13; v++ {
		o := Offer{Version: v, Suites: Usual(v), Groups: Groups(v), Name: "www.chu.test", MasterSecret: true}
		if size := o.Size() - 5; size >= deafFrom && size < deafTo {
			t.Errorf("%s: %d bytes are never answered by some load balancers", VersionName(v), size)
		}
		o.Suites = o.Suites[:min(32, len(o.Suites))]
		if size := o.Small().Size(); size >= SmallSize {
			t.Errorf("%s: a small hello of %d bytes", VersionName(v), size)
		}
	}
	if _, err := (Offer{Version: TLS13, Shares: []uint16{30}}).Bytes(); err == nil {
		t.Error("a key was made for a group without any")
	}
}

// answerTo sends an offer to the standard library.
func answerTo(t *testing.T, o Offer, config *tls.Config, heard chan *tls.ClientHelloInfo) (Answer, error) {
	t.Helper()
	config.Certificates = []tls.Certificate{certificate(t)}
	config.GetConfigForClient = func(info *tls.ClientHelloInfo) (*tls.Config, error) {
		if heard != nil {
			heard <- info
		}
		return nil, nil
	}
	raw, err := o.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	client, server := net.Pipe()
	defer client.Close()
	go tls.Server(server, config).Handshake()
	if _, err := client.Write(raw); err != nil {
		t.Fatal(err)
	}
	return Read(client)
}

func certificate(t *testing.T) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"www.chu.test"}}
	raw, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{raw}, PrivateKey: key}
}

// handshake frames messages into one record.
func handshake(messages ...string) string {
	body := strings.Join(messages, "")
	return "\x16\x03\x03" + string([]byte{byte(len(body) >> 8), byte(len(body))}) + body
}

func message(kind byte, body string) string {
	return string([]byte{kind, byte(len(body) >> 16), byte(len(body) >> 8), byte(len(body))}) + body
}

var serverHello = message(2, "\x03\x03"+strings.Repeat("r", 32)+"\x00\xc0\x2f\x00")

// TestHostile holds that no server makes the reader go on without end.
func TestHostile(t *testing.T) {
	tests := map[string]struct {
		stream io.Reader
		want   error
	}{
		"random":         {rand.Reader, nil},
		"other-talk":     {strings.NewReader("HTTP/1.1 400 Bad Request\r\n"), ErrOtherTalk},
		"endless-empty":  {repeat("\x16\x03\x03\x00\x00"), ErrTooMuch},
		"endless-alerts": {repeat("\x15\x03\x03\x00\x02\x01\x70"), ErrTooMuch},
		"endless-hello":  {io.MultiReader(strings.NewReader(handshake(serverHello)), repeat(handshake(message(22, "\x01\x00\x00\x00")))), ErrTooMuch},
		"huge-message":   {io.MultiReader(strings.NewReader("\x16\x03\x03\x00\x04\x02\xff\xff\xff"), repeat("\x16\x03\x03\x40\x00"+strings.Repeat("x", 1<<14))), ErrTooMuch},
		"huge-chain":     {io.MultiReader(strings.NewReader(handshake(serverHello, "\x0b\x03\xff\xff")), repeat("\x16\x03\x03\x40\x00"+strings.Repeat("x", 1<<14))), ErrTooMuch},
		"no-hello-first": {strings.NewReader(handshake(message(11, "\x00\x00\x00"))), ErrMalformed},
		"two-hellos":     {strings.NewReader(handshake(serverHello, serverHello)), ErrMalformed},
		"cut":            {strings.NewReader(handshake(serverHello)[:20]), io.ErrUnexpectedEOF},
		"data":           {strings.NewReader("\x17\x03\x03\x00\x01x"), ErrMalformed},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := Read(tt.stream)
			if err == nil || tt.want != nil && !errors.Is(err, tt.want) {
				t.Errorf("%v, want %v", err, tt.want)
			}
		})
	}
}

// endless repeats bytes.
type endless struct {
	text string
	at   int
}

func repeat(text string) io.Reader { return &endless{text: text} }

func (e *endless) Read(p []byte) (int, error) {
	n := copy(p, e.text[e.at:])
	e.at = (e.at + n) % len(e.text)
	return n, nil
}

func TestOld(t *testing.T) {
	body := "\x04\x00\x01\x00\x02\x00\x03\x00\x06\x00\x10crt\x01\x00\x80\x07\x00\xc0" + strings.Repeat("c", 16)
	spoke := "\x80" + string([]byte{byte(len(body))}) + body
	tests := map[string]struct {
		stream string
		want   Old
		err    error
	}{
		"spoken":  {spoke, Old{Spoke: true, Suites: []string{"SSL_CK_RC4_128_WITH_MD5", "SSL_CK_DES_192_EDE3_CBC_WITH_MD5"}}, nil},
		"alert":   {"\x15\x03\x01\x00\x02\x02\x46", Old{Alerted: true}, nil},
		"refused": {"\x80\x03\x00\x00\x01", Old{Alerted: true}, nil},
		"closed":  {"", Old{}, io.EOF},
		"web":     {"HTTP/1.1 400", Old{}, ErrOtherTalk},
		"lying":   {"\x80\x0b\x04\x00\x01\x00\x02\xff\xff\xff\xff\xff\xff", Old{}, ErrMalformed},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := ReadOld(strings.NewReader(tt.stream))
			if got.Spoke != tt.want.Spoke || got.Alerted != tt.want.Alerted || !slices.Equal(got.Suites, tt.want.Suites) || !errors.Is(err, tt.err) {
				t.Errorf("%+v, %v", got, err)
			}
		})
	}
	if raw := OldBytes(); raw[0] != 0x80 || int(raw[1]) != len(raw)-2 {
		t.Errorf("% x", raw[:2])
	}
}

// FuzzRead reads foreign flights.
func FuzzRead(f *testing.F) {
	for _, seed := range []string{
		handshake(serverHello, message(14, "")),
		handshake(message(2, "\x03\x03"+string(retryRandom)+"\x00\x13\x01\x00\x00\x0c\x00\x2b\x00\x02\x03\x04\x00\x33\x00\x02\x00\x17")),
		handshake(serverHello, message(11, "\x00\x00\x06\x00\x00\x03crt"), message(12, "\x03\x00\x17\x01p\x04\x03\x00\x00"), message(22, "\x01\x00\x00\x01s"), message(14, "")),
		handshake(message(2, "\x03\x03"+strings.Repeat("r", 32)+"\x00\x00\x9e\x00"), message(12, "\x00\x02\x00p\x00\x01g\x00\x01y\x04\x01")),
		"\x15\x03\x03\x00\x02\x02\x28", "",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		a, err := Read(bytes.NewReader(raw))
		if a.Done && !a.Chose() {
			t.Errorf("a flight that chose nothing is whole: %+v, %v", a, err)
		}
		if len(a.Kinds) > maxMessages || a.Alerted && err != nil {
			t.Errorf("%+v, %v", a, err)
		}
	})
}

// FuzzParseOld reads foreign messages of SSL 2.0.
func FuzzParseOld(f *testing.F) {
	f.Add([]byte("\x04\x00\x01\x00\x02\x00\x03\x00\x03\x00\x10crt\x01\x00\x80"))
	f.Add([]byte("\x00\x00\x01"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if old, err := ParseOld(raw); err != nil && old.Spoke || len(old.Suites) > len(oldSuites) {
			t.Errorf("%+v, %v", old, err)
		}
	})
}
