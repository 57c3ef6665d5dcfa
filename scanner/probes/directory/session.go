// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"path/filepath"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/time/rate"

	"carescan/scanner"
	"carescan/scanner/probes/internal/localfile"
	"carescan/scanner/settings"
)

const (
	maxSearches    = 2000
	maxSecret      = 4 << 10 // bytes of a password file
	maxAuthorities = 1 << 20 // bytes of a CA file
	searchTime     = 60 * time.Second
)

// session is one bound connection to a directory.
type session struct {
	client   *client
	base     string
	pace     *rate.Limiter
	searches int
	close    func()
}

// open connects through the network door, checks the certificate, then binds.
func open(ctx context.Context, door scanner.Network, c Config) (*session, error) {
	if c.BindDN == "" || c.BaseDN == "" {
		return nil, scanner.NotSeen(scanner.CauseFieldMissing, scanner.Values{scanner.ValueField: "bind_dn, base_dn"},
			errors.New("bind_dn and base_dn must be given: an anonymous look sees nothing"))
	}
	password, err := readPassword(c.PasswordFile)
	if err != nil {
		return nil, err
	}
	link, err := dial(ctx, door, c)
	if err != nil {
		return nil, err
	}
	s := newSession(ctx, link, c.BaseDN)
	if err := s.client.bind(c.BindDN, password); err != nil {
		s.close()
		return nil, explain(ctx, "sign in", err)
	}
	return s, nil
}

func newSession(ctx context.Context, link net.Conn, base string) *session {
	// Closing the link ends whatever is waited for.
	stop := context.AfterFunc(ctx, func() { link.Close() })
	end := func() {
		stop()
		link.Close()
	}
	return &session{client: newClient(link), base: base, pace: rate.NewLimiter(5, 1), close: end}
}

// readPassword reads a secret that is never kept nor repeated. An empty one
// would be an unauthenticated bind, which succeeds (RFC 4513 section 5.1.2). One
// that is no text in UTF-8 (RFC 4511 section 4.2) is refused before any sign-in: a
// wrong password at every run locks the account. The mark of Notepad is no part of
// it.
func readPassword(path string) (string, error) {
	data, _, err := localfile.Read(path, maxSecret)
	if err != nil {
		return "", localfile.In("password_file", fmt.Errorf("read password_file: %w", err))
	}
	if settings.IsUTF16(data) || !utf8.Valid(data) || bytes.IndexByte(data, 0) >= 0 {
		return "", settings.InFile(0,
			"password_file n'est pas en UTF-8 : enregistrez-le de nouveau avec ce codage ; le mot de passe n'a pas été essayé",
			"password_file is not in UTF-8: save it again in this encoding; the password was not tried").Because(scanner.CauseFileEncoding)
	}
	password := strings.TrimRight(string(settings.Saved(data)), "\r\n")
	if password == "" {
		return "", settings.InFile(0,
			"password_file est vide : écrivez-y le mot de passe de bind_dn",
			"password_file is empty: write the password of bind_dn in it").Because(scanner.CauseFileEmpty)
	}
	return password, nil
}

func dial(ctx context.Context, door scanner.Network, c Config) (net.Conn, error) {
	address, host, err := endpoint(c.URL)
	if err != nil {
		return nil, err
	}
	terms, err := tlsTerms(c, host)
	if err != nil {
		return nil, err
	}
	raw, err := door.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("connect to %s: %w", address, err)
	}
	secure := tls.Client(raw, terms)
	if err := secure.HandshakeContext(ctx); err != nil {
		raw.Close()
		return nil, distrust(address, terms.ServerName, err)
	}
	return secure, nil
}

func distrust(address, name string, err error) error {
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return fmt.Errorf("trust the certificate of %s as %s: %w; check server_name and ca_file", address, name, err)
	}
	return fmt.Errorf("open TLS with %s: %w; TLS 1.2 or later is needed", address, err)
}

// endpoint reads an LDAPS address. In clear, a password would be seen by all.
func endpoint(text string) (address, host string, err error) {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "ldaps" || u.Hostname() == "" || u.User != nil || strings.Trim(u.Path, "/") != "" {
		return "", "", scanner.NotSeen(scanner.CauseFieldWrong, scanner.Values{scanner.ValueField: "url", scanner.ValueExpected: "ldaps://host:636"},
			errors.New("url must be written as ldaps://host:636"))
	}
	port := u.Port()
	if port == "" {
		port = "636"
	}
	return net.JoinHostPort(u.Hostname(), port), u.Hostname(), nil
}

func tlsTerms(c Config, host string) (terms *tls.Config, err error) {
	terms = &tls.Config{MinVersion: tls.VersionTLS12, ServerName: cmp.Or(c.ServerName, host)}
	if c.CAFile != "" {
		terms.RootCAs, err = readAuthorities(c.CAFile)
	}
	return terms, err
}

func readAuthorities(file string) (*x509.CertPool, error) {
	pem, _, err := localfile.Read(file, maxAuthorities)
	if err != nil {
		return nil, localfile.In("ca_file", fmt.Errorf("read ca_file: %w", err))
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(settings.Saved(pem)) {
		name := filepath.Base(file)
		return nil, settings.InFile(0,
			"ca_file "+name+" ne contient aucun certificat au format PEM",
			"ca_file "+name+" holds no certificate in PEM form")
	}
	return pool, nil
}
