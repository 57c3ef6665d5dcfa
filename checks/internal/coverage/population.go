// SPDX-License-Identifier: Apache-2.0

package coverage

import "carescan/scanner"

// Population names a population in every language.
func Population(id string) scanner.Values {
	name, known := populationNames[id]
	if !known {
		name = scanner.Text{FR: id, EN: id}
	}
	return scanner.Values{"population_fr": name.FR, "population_en": name.EN}
}

// populationNames are the populations of identity-directory-hds.md section 1.5.
var populationNames = map[string]scanner.Text{
	"administrators":  {FR: "administrateurs", EN: "administrators"},
	"remote_users":    {FR: "utilisateurs à distance", EN: "remote users"},
	"suppliers":       {FR: "fournisseurs", EN: "suppliers"},
	"physicians":      {FR: "médecins", EN: "physicians"},
	"nurses":          {FR: "infirmiers", EN: "nurses"},
	"other_dpi_users": {FR: "autres utilisateurs du dossier patient", EN: "other users of the patient record"},
	"all_staff":       {FR: "ensemble du personnel", EN: "all staff"},
	"guests":          {FR: "invités", EN: "guests"},
	"patients":        {FR: "patients", EN: "patients"},
}
