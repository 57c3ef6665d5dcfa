// SPDX-License-Identifier: Apache-2.0

package command

import (
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"strings"

	"carescan/cmd/aggregator/internal/config"
	"carescan/cmd/aggregator/internal/federation"
	"carescan/cmd/internal/cli"
	"carescan/scanner"
)

// openProvider makes the identity provider of the settings, nil when there is none. It is
// spoken to when somebody signs in, and not before.
func openProvider(o config.OIDC, pages string) (*federation.Provider, error) {
	if o.Issuer == "" {
		return nil, nil // there is none
	}
	groups, err := federation.ParseGroups(o.Groups)
	if err != nil {
		return nil, badProvider(err)
	}
	if err := cli.CheckRights(o.ClientSecretFile, cli.SharedAny); err != nil {
		return nil, badProvider(err)
	}
	secret, err := os.ReadFile(o.ClientSecretFile)
	if err != nil {
		return nil, badProvider(err)
	}
	s := federation.Settings{
		Issuer: o.Issuer, ClientID: o.ClientID, Secret: strings.TrimSpace(string(secret)), Redirect: pages + "/sign-in/oidc/back",
		ACR: federation.ParseList(o.ACR), AMR: federation.ParseList(o.AMR), GroupsClaim: o.GroupsClaim, Groups: groups,
	}
	if o.CAFile != "" {
		raw, err := os.ReadFile(o.CAFile)
		if err != nil {
			return nil, badProvider(err)
		}
		s.Authorities = x509.NewCertPool()
		if !s.Authorities.AppendCertsFromPEM(raw) {
			return nil, badProvider(fmt.Errorf("%s holds no certificate", o.CAFile))
		}
	}
	if s.Secret == "" {
		return nil, badProvider(errors.New("the secret is empty"))
	}
	return federation.New(s), nil
}

func badProvider(err error) error {
	return &cli.Problem{
		Sentence: scanner.Text{FR: "les réglages du fournisseur d'identité ne sont pas utilisables", EN: "the settings of the identity provider cannot be used"},
		Hint: scanner.Text{
			FR: "vérifiez les fichiers d'oidc.client_secret_file et d'oidc.ca_file, et leurs droits", EN: "check the files of oidc.client_secret_file and oidc.ca_file, and their rights",
		},
		Cause: err,
	}
}
