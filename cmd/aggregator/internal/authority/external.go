// SPDX-License-Identifier: Apache-2.0

package authority

import (
	"cmp"
	"crypto/x509"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"time"

	"carescan/scanner"
)

// Mapping says which field of a certificate of another PKI names the establishment, and
// which one names the agent.
type Mapping struct {
	FINESSField   string // one of the fields
	FINESSPattern string // with one group, which is the FINESS number
	NameField     string // one of the fields; subject.CN when empty
}

// External is another PKI, such as that of the ministry, whose certificates let agents
// enrol without a token.
type External struct {
	anchors *x509.CertPool
	mapping Mapping
	finess  *regexp.Regexp
}

// ExternalName is who a certificate of another PKI says an agent is.
type ExternalName struct {
	FINESS scanner.FINESS
	Name   string // of the agent, within the establishment
}

// fields are what a certificate says, by the names of the settings.
var fields = map[string]func(*x509.Certificate) []string{
	"subject.CN":           func(c *x509.Certificate) []string { return []string{c.Subject.CommonName} },
	"subject.O":            func(c *x509.Certificate) []string { return c.Subject.Organization },
	"subject.OU":           func(c *x509.Certificate) []string { return c.Subject.OrganizationalUnit },
	"subject.serialNumber": func(c *x509.Certificate) []string { return []string{c.Subject.SerialNumber} },
	// ETSI EN 319 412-1 section 5.1.4.
	"subject.organizationIdentifier": func(c *x509.Certificate) []string { return attribute(c, asn1.ObjectIdentifier{2, 5, 4, 97}) },
	"san.dns":                        func(c *x509.Certificate) []string { return c.DNSNames },
	"san.email":                      func(c *x509.Certificate) []string { return c.EmailAddresses },
	"san.uri": func(c *x509.Certificate) (list []string) {
		for _, u := range c.URIs {
			list = append(list, u.String())
		}
		return list
	},
}

// Fields lists the fields that a mapping may name.
func Fields() []string {
	names := make([]string, 0, len(fields))
	for name := range fields {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func attribute(c *x509.Certificate, wanted asn1.ObjectIdentifier) (list []string) {
	for _, name := range c.Subject.Names {
		if text, ok := name.Value.(string); ok && name.Type.Equal(wanted) {
			list = append(list, text)
		}
	}
	return list
}

// NewExternal reads the trust anchors of another PKI, PEM, and a mapping. Each anchor is
// one by itself, root or not (RFC 5280 section 6.1.1 (d)): naming an authority below the
// root trusts that one alone.
func NewExternal(anchors []byte, m Mapping) (*External, error) {
	m.NameField = cmp.Or(m.NameField, "subject.CN")
	for _, field := range []string{m.FINESSField, m.NameField} {
		if fields[field] == nil {
			return nil, fmt.Errorf("no field of a certificate is called %q", field)
		}
	}
	pattern, err := regexp.Compile(`^(?:` + m.FINESSPattern + `)$`)
	if err != nil {
		return nil, fmt.Errorf("read pattern of the FINESS number: %w", err)
	}
	if pattern.NumSubexp() != 1 {
		return nil, errors.New("the pattern has exactly one group, which is the FINESS number")
	}
	e := &External{x509.NewCertPool(), m, pattern}
	n := 0
	for block, rest := pem.Decode(anchors); block != nil; block, rest = pem.Decode(rest) {
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("read trust anchor: %w", err)
		}
		if !c.BasicConstraintsValid || !c.IsCA {
			return nil, fmt.Errorf("trust anchor %q is no certificate authority", c.Subject)
		}
		e.anchors.AddCert(c)
		n++
	}
	if n == 0 {
		return nil, errors.New("no certificate in PEM form")
	}
	return e, nil
}

// Identify verifies the path from a presented certificate to an anchor, and reads who it
// names. Revocation by that PKI is not asked: the region revokes its own agents.
func (e *External) Identify(shown []*x509.Certificate, at time.Time) (ExternalName, error) {
	leaf, between := shown[0], x509.NewCertPool()
	for _, c := range shown[1:] {
		between.AddCert(c)
	}
	// Verify lets a certificate pass that names no usage at all; this one has to be made
	// for clients.
	if leaf.IsCA || !slices.Contains(leaf.ExtKeyUsage, x509.ExtKeyUsageClientAuth) {
		return ExternalName{}, errors.New("certificate is not made for a client")
	}
	_, err := leaf.Verify(x509.VerifyOptions{
		Roots: e.anchors, Intermediates: between, CurrentTime: at, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	})
	if err != nil {
		return ExternalName{}, fmt.Errorf("verify certificate of another PKI: %w", err)
	}
	return e.read(leaf)
}

// read finds the one number and the one name that a certificate bears; several are as
// useless as none.
func (e *External) read(c *x509.Certificate) (name ExternalName, err error) {
	for _, value := range fields[e.mapping.FINESSField](c) {
		found := e.finess.FindStringSubmatch(value)
		if found == nil {
			continue
		}
		number, _, err := scanner.ParseFINESS(found[1])
		if err != nil {
			return name, err
		}
		if name.FINESS != "" && name.FINESS != number {
			return name, fmt.Errorf("certificate names two establishments in %s", e.mapping.FINESSField)
		}
		name.FINESS = number
	}
	values := fields[e.mapping.NameField](c)
	if name.FINESS == "" || len(values) != 1 || values[0] == "" || len(values[0]) > maxExternalName {
		return name, fmt.Errorf("certificate names no establishment in %s, or no agent in %s", e.mapping.FINESSField, e.mapping.NameField)
	}
	name.Name = values[0]
	return name, nil
}

const maxExternalName = 200 // bytes
