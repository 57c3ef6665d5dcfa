// SPDX-License-Identifier: Apache-2.0

package authority

import (
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"net"
	"sync"
	"time"
)

const (
	serverLife  = 90 * 24 * time.Hour
	serverRenew = 30 * 24 * time.Hour // left when a new one is made
)

// ServerCertificate issues the certificate of a listener and renews it before
// it ends, or when the clock went back behind its beginning; its key never touches the
// disk.
type ServerCertificate struct {
	authority *Authority
	hosts     []string
	mutex     sync.Mutex
	current   *tls.Certificate
}

// ServerCertificate makes the certificate source of a listener that is reached
// under these names and addresses.
func (a *Authority) ServerCertificate(hosts ...string) *ServerCertificate {
	return &ServerCertificate{authority: a, hosts: hosts}
}

// Get is made for tls.Config.GetCertificate.
func (s *ServerCertificate) Get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if now := time.Now(); s.current == nil || s.current.Leaf.NotAfter.Sub(now) < serverRenew || now.Before(s.current.Leaf.NotBefore) {
		made, err := s.authority.certifyServer(s.hosts, now)
		if err != nil {
			return nil, err
		}
		s.current = made
	}
	return s.current, nil
}

// certifyServer sends the authority along in the chain: an agent that knows
// only its pin finds it there.
func (a *Authority) certifyServer(hosts []string, now time.Time) (*tls.Certificate, error) {
	key, err := newKey()
	if err != nil {
		return nil, err
	}
	template := serverTemplate(hosts, now)
	der, err := sign(template, a.certificate, key.Public(), a.key)
	if err != nil {
		return nil, err
	}
	leaf, err := x509.ParseCertificate(der)
	return &tls.Certificate{Certificate: [][]byte{der, a.certificate.Raw}, PrivateKey: key, Leaf: leaf}, err
}

func serverTemplate(hosts []string, now time.Time) *x509.Certificate {
	template := &x509.Certificate{
		Subject:     pkix.Name{CommonName: "CareScan aggregator"},
		NotBefore:   now.Add(-clockSkew),
		NotAfter:    now.Add(serverLife),
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	for _, host := range hosts {
		if ip := net.ParseIP(host); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, host)
		}
	}
	return template
}
