"""What the scanner of the main organization checks: ids as Prowler has them, words of our own.

The checks of laptops are checks that the company wrote itself; the scanner takes such checks in.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Check:
    """One check of the scanner.

    Attributes:
        service: as the scanner files it; decides the category.
        resource: kind and number of what it looks at.
        passing: share of the resources that pass on the first day.
    """

    check_id: str
    title: str
    severity: str
    service: str
    resource: str
    n: int
    passing: float
    fix: str


CLOUD_CHECKS = (
    Check("ec2_securitygroup_allow_ingress_from_internet_to_tcp_port_22",
          "No security group opens SSH to the internet", "High", "ec2",
          "security-group", 9, 0.67, "Allow SSH from the network of the company only."),
    Check("ec2_instance_imdsv2_enabled", "Instances ask for a token before they give metadata",
          "High", "ec2", "instance", 8, 0.38, "Require version 2 of the metadata service."),
    Check("cloudtrail_multi_region_enabled", "One trail records every region", "High",
          "cloudtrail", "trail", 1, 1.0, "Make the trail multi-region."),
    Check("cloudtrail_log_file_validation_enabled", "Changed log files can be told", "Medium",
          "cloudtrail", "trail", 1, 0.0, "Turn on validation of log files."),
    Check("guardduty_is_enabled", "Threat detection runs in every region in use", "Medium",
          "guardduty", "region", 3, 0.34, "Enable the detector in the region."),
    Check("config_recorder_all_regions_enabled", "Changes are recorded in every region", "Medium",
          "config", "region", 3, 0.34, "Enable the recorder in the region."),
    Check("vpc_flow_logs_enabled", "Networks log their traffic", "Medium", "vpc", "network", 4,
          0.5, "Send flow logs to the log archive."),
    Check("elbv2_insecure_ssl_ciphers", "Load balancers refuse weak ciphers", "Medium", "elbv2",
          "balancer", 3, 0.67, "Choose a policy with TLS 1.2 at least."),
    Check("acm_certificates_expiration_check", "No certificate is about to expire", "High", "acm",
          "certificate", 5, 0.8, "Renew the certificate, or let the service renew it."),
    Check("s3_bucket_level_public_access_block", "Buckets refuse public access", "Medium", "s3",
          "bucket", 12, 0.58, "Turn on all four blocks of the bucket."),
    Check("s3_bucket_secure_transport_policy", "Buckets refuse plain HTTP", "Medium", "s3",
          "bucket", 12, 0.33, "Deny requests without TLS in the bucket's policy."),
    Check("rds_instance_no_public_access", "Databases are not reachable from the internet",
          "Critical", "rds", "database", 4, 0.75, "Move the database into a private network."),
    Check("rds_instance_storage_encrypted", "Databases are encrypted on disk", "Medium", "rds",
          "database", 4, 0.5, "Restore an encrypted copy and switch over."),
    Check("kms_cmk_rotation_enabled", "Keys are rotated each year", "High", "kms", "key", 5, 0.4,
          "Turn on rotation of the key."),
    Check("iam_user_mfa_enabled_console_access", "People of the console have a second factor",
          "High", "iam", "person", 7, 0.57, "Register a device for the user."),
    Check("iam_rotate_access_key_90_days", "Access keys are younger than ninety days", "Medium",
          "iam", "person", 7, 0.29, "Replace the key and delete the old one."),
    Check("awslambda_function_using_supported_runtimes", "Functions run on supported runtimes",
          "Medium", "awslambda", "function", 11, 0.64, "Move the function to a newer runtime."),
)  # fmt: skip
ASKS_A_PERSON = Check(
    "account_maintain_current_contact_details", "The account names the people to call", "Medium",
    "account", "account", 1, 0.0, "Compare the contacts of the account with the emergency plan.",
)  # fmt: skip
LAPTOP_ENCRYPTED = Check(
    "intune_laptop_disk_encrypted", "Laptops of field service are encrypted", "High", "intune",
    "laptop", 0, 0.0, "Turn on disk encryption and store the recovery key.",
)  # fmt: skip
LAPTOP_SUPPORTED = Check(
    "intune_laptop_os_supported", "Laptops of field service run a supported Windows", "High",
    "intune", "laptop", 0, 0.0, "Upgrade Windows, or replace the laptop.",
)  # fmt: skip
LAPTOP_SEEN = Check(
    "intune_laptop_seen_in_30_days", "Laptops of field service report in", "Medium", "intune",
    "laptop", 0, 0.0, "Find the laptop; wipe it if it is lost.",
)  # fmt: skip
