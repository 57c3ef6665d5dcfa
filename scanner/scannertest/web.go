// SPDX-License-Identifier: Apache-2.0

package scannertest

import (
	"crypto/tls"
	"embed"
	"errors"
	"fmt"
	"io"
	"log"
	"maps"
	"net"
	"net/http"
	"path"
	"strings"
	"time"
)

// pages are what the web sites serve.
//
//go:embed pages/*
var pages embed.FS

// openSites serves every site over TLS, each on a port of its own, and port 80
// of all of them on one more; then the exchanges, which have no port 80.
func (h *Hospital) openSites() error {
	clear := plainHosts{}
	for _, s := range sites() {
		content := s.handler(h.now)
		if err := h.openSite(s, content); err != nil {
			return err
		}
		clear[s.host()] = redirectToHTTPS(s.host())
		if s.clear {
			clear[s.host()] = content
		}
		h.settings.Sites = append(h.settings.Sites, s.origin())
	}
	port, err := h.serveHTTP(clear, nil)
	if err != nil {
		return err
	}
	for host := range clear {
		h.redirect(port, host+":80")
	}
	for _, s := range exchanges() {
		if err = h.openSite(s, serve(http.StatusUnauthorized, "application/json", nil)); err != nil {
			return err
		}
		h.settings.Services = append(h.settings.Services, s.place())
	}
	return nil
}

func (h *Hospital) openSite(s site, content http.Handler) error {
	life := h.healthy()
	if s.expired {
		life = h.expired()
	}
	certificate, err := h.certify(s.host(), life)
	if err != nil {
		return err
	}
	if s.negative {
		if certificate, err = h.withNegativeSerial(certificate); err != nil {
			return err
		}
	}
	config := modernTLS(certificate)
	if s.old {
		config = &tls.Config{MinVersion: tls.VersionTLS10, CipherSuites: ellipticSuites(), Certificates: []tls.Certificate{certificate}}
	}
	listener, err := h.listen()
	if err != nil {
		return err
	}
	h.redirect(listener.Addr().String(), s.place())
	switch {
	case s.boxed:
		listener = shortHellos{listener}
	case s.old:
		listener = finiteField{listener, config}
	}
	h.serveOn(listener, content, config)
	return nil
}

func (h *Hospital) listen() (net.Listener, error) {
	listener, err := net.Listen("tcp4", net.JoinHostPort(h.address, "0"))
	if err != nil {
		return nil, fmt.Errorf("listen for HTTP: %w", err)
	}
	return listener, nil
}

// serveHTTP serves on a free port, over TLS when a configuration is given.
func (h *Hospital) serveHTTP(handler http.Handler, config *tls.Config) (port string, err error) {
	listener, err := h.listen()
	if err != nil {
		return "", err
	}
	h.serveOn(listener, handler, config)
	return listener.Addr().String(), nil
}

// serveOn serves until the hospital closes.
func (h *Hospital) serveOn(listener net.Listener, handler http.Handler, config *tls.Config) {
	server := &http.Server{
		Handler: handler, TLSConfig: config,
		ReadTimeout: time.Minute, WriteTimeout: time.Minute, MaxHeaderBytes: 64 << 10,
		// Scanners break handshakes by trade: that is no news for anybody.
		ErrorLog: log.New(io.Discard, "", 0),
	}
	ended := make(chan error, 1)
	go func() {
		if config != nil {
			ended <- server.ServeTLS(listener, "", "")
		} else {
			ended <- server.Serve(listener)
		}
	}()
	h.onClose(func() error { return stopHTTP(server, ended) })
}

func stopHTTP(server *http.Server, ended <-chan error) error {
	err := server.Close()
	if served := <-ended; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	if err != nil {
		return fmt.Errorf("stop HTTP: %w", err)
	}
	return nil
}

// plainHosts is what each host does on port 80.
type plainHosts map[string]http.Handler

// ServeHTTP serves the host asked for, whatever the port the client wrote.
func (p plainHosts) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	host, _, err := net.SplitHostPort(r.Host)
	if err != nil {
		host = r.Host
	}
	handler, known := p[strings.ToLower(host)]
	if !known {
		http.Error(w, "Hôte inconnu", http.StatusMisdirectedRequest)
		return
	}
	handler.ServeHTTP(w, r)
}

// redirectToHTTPS leads permanently to the same page over TLS.
func redirectToHTTPS(host string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "https://"+host+r.URL.RequestURI(), http.StatusMovedPermanently)
	})
}

// handler serves the pages of a site with the headers it thinks of.
func (s site) handler(now time.Time) http.Handler {
	routes := map[string]http.Handler{"/{$}": servePage(s.name+".html", http.StatusOK)}
	if !s.noSecurityTxt {
		routes["/.well-known/security.txt"] = s.securityTxt(now)
	}
	maps.Copy(routes, s.routes)
	mux := http.NewServeMux()
	for pattern, route := range routes {
		mux.Handle(pattern, route)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.protect(w.Header())
		for name, value := range s.headers {
			w.Header().Set(name, value)
		}
		mux.ServeHTTP(w, r)
	})
}

// protect sets the headers of a careful site.
func (s site) protect(headers http.Header) {
	if s.noHSTS {
		return
	}
	headers.Set("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
	headers.Set("Content-Security-Policy", "default-src 'self'; frame-ancestors 'none'")
	headers.Set("X-Content-Type-Options", "nosniff")
	headers.Set("Referrer-Policy", "strict-origin-when-cross-origin")
}

// securityTxt says where to report a weakness (RFC 9116). It is good for less
// than a year, as section 2.5.5 recommends.
func (s site) securityTxt(now time.Time) http.Handler {
	text := fmt.Sprintf("Contact: mailto:securite@%s\nExpires: %s\nPreferred-Languages: fr, en\nCanonical: %s/.well-known/security.txt\n",
		domainMain, now.Add(300*day).Format(time.RFC3339), s.origin())
	if s.clearPolicy {
		text += fmt.Sprintf("Policy: http://www.%s/securite\n", domainMain)
	}
	return serve(http.StatusOK, "text/plain; charset=utf-8", []byte(text))
}

// servePage serves an embedded page; a page that is not there is a bug that the
// tests of the lab show as a 404.
func servePage(name string, status int) http.Handler {
	body, err := pages.ReadFile("pages/" + name)
	if err != nil {
		return http.NotFoundHandler()
	}
	return serve(status, mediaType(name), body)
}

func mediaType(name string) string {
	switch path.Ext(name) {
	case ".json":
		return "application/json; charset=utf-8"
	case ".fhir":
		return "application/fhir+json; charset=utf-8"
	}
	return "text/html; charset=utf-8"
}

// serve answers readers; the lab lets nobody write.
func serve(status int, mediaType string, body []byte) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "Lecture seule", http.StatusMethodNotAllowed)
			return
		}
		w.Header().Set("Content-Type", mediaType)
		if status == http.StatusUnauthorized {
			w.Header().Set("WWW-Authenticate", "Bearer") // RFC 9110 section 11.6.1
		}
		w.WriteHeader(status)
		_, _ = w.Write(body) // a client that left early is no concern of ours
	})
}
