// SPDX-License-Identifier: Apache-2.0

package uplink

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"

	"carescan/cmd/agent/internal/identity"
	"carescan/cmd/internal/wire"
	"carescan/scanner"
)

// Enrol makes the agent known to the aggregator of a token, and keeps what it
// gives. Nothing of the request is sent before the server has proven to hold a
// certificate of the authority that the token names. A token without a secret leaves the
// proof to a certificate of another PKI, which the region trusts.
func Enrol(ctx context.Context, id *identity.Identity, token wire.Token, shown []tls.Certificate, software, proxy string) (identity.Enrolment, error) {
	csr, err := id.CSR()
	if err != nil {
		return identity.Enrolment{}, err
	}
	body, err := json.Marshal(wire.EnrolRequest{Secret: token.Secret, CSR: csr, Software: software})
	if err != nil {
		return identity.Enrolment{}, fmt.Errorf("encode request: %w", err)
	}
	address, err := parseAddress(token.URL)
	if err != nil {
		return identity.Enrolment{}, err
	}
	config := pinned(token.CAPin, address.Hostname())
	config.Certificates = shown
	c, err := newClient(address.String(), config, proxy)
	if err != nil {
		return identity.Enrolment{}, err
	}
	given := identity.Enrolment{URL: address.String()}
	if err := c.post(ctx, wire.PathEnrol, body, &given.EnrolResponse); err != nil {
		return identity.Enrolment{}, fmt.Errorf("enrol: %w", err)
	}
	if err := checkAuthority(given.CA, token.CAPin); err != nil {
		return identity.Enrolment{}, err
	}
	return given, id.Keep(given)
}

func checkAuthority(ca, pin string) error {
	block, _ := pem.Decode([]byte(ca))
	if block == nil {
		return errors.New("enrol: the answer holds no authority certificate")
	}
	certificate, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return fmt.Errorf("enrol: read authority certificate: %w", err)
	}
	if scanner.Digest(certificate.RawSubjectPublicKeyInfo) != pin {
		return errors.New("enrol: the authority given is not the one the token names")
	}
	return nil
}
