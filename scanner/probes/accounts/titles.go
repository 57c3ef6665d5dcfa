// SPDX-License-Identifier: Apache-2.0

package accounts

// titles are the names each column is known by without being declared, compared as
// title does: the usual one, then those that exports of French applications and of
// directories write, the surest first. Of an export that has several, the first is
// read.
func titles() map[string][]string {
	return map[string][]string{
		columnLogin: {
			columnLogin, "identifiant", "identifiant de connexion", "identifiant utilisateur", "nom d'utilisateur", "nom utilisateur",
			"code utilisateur", "compte utilisateur", "nom du compte", "utilisateur", "username", "user name", "user principal name",
			"userPrincipalName", "sAMAccountName", "user id", "uid", "user", "account", "matricule", "n° RPPS", "numéro RPPS", "RPPS", "n° ADELI",
		},
		columnStatus: {
			columnStatus, "statut du compte", "statut compte", "état du compte", "état compte", "état", "status", "account status",
			"compte actif", "compte activé", "actif", "activé", "accountEnabled", "account enabled", "enabled", "active",
		},
		columnFunction: {
			columnFunction, "profil métier", "métier", "fonction métier", "profession", "catégorie professionnelle", "population", "profil",
			"profil utilisateur", "emploi", "poste", "rôle", "role", "function", "job title", "jobTitle",
		},
		columnFactor: {
			columnFactor, "facteurs", "2e facteur", "2ème facteur", "second facteur", "seconds facteurs", "deuxième facteur",
			"facteur d'authentification", "moyen d'authentification", "moyens d'authentification", "méthode d'authentification",
			"méthodes d'authentification", "mode d'authentification", "type de second facteur", "second factor", "factor", "factors",
			"methodsRegistered", "methods registered", "authentication methods", "MFA", "2FA",
		},
		columnMandatory: {
			columnMandatory, "MFA obligatoire", "2FA imposé", "2FA imposée", "MFA imposé", "MFA imposée", "2FA exigée", "2FA forcée", "second facteur obligatoire",
			"2e facteur obligatoire", "2ème facteur obligatoire", "deuxième facteur obligatoire", "facteur obligatoire", "double authentification obligatoire",
			"authentification forte obligatoire", "2FA required", "MFA required", "2FA enforced", "MFA enforced",
		},
	}
}
