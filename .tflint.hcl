plugin "terraform" {
  enabled = true
  preset  = "all"
}

# Modules of one repository share a README form and file names that tell their job.
rule "terraform_standard_module_structure" {
  enabled = true
}
