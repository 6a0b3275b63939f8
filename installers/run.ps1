# Set BioFM Desktop up and open it, on the sample project or on what is named.
#   powershell -ExecutionPolicy Bypass -File installers\run.ps1 [PATH...]
param([Parameter(ValueFromRemainingArguments = $true)] [string[]] $Paths)
. (Join-Path $PSScriptRoot 'common.ps1')

$calledFrom = Get-Location
& (Join-Path $PSScriptRoot 'setup.ps1')
if ($LASTEXITCODE -ne 0) { exit $LASTEXITCODE }
Set-Location $calledFrom
if (-not $Paths) {
    Say 'Opening the window on the sample project'
    $Paths = @(Join-Path $Checkout 'resources\sample_project\nuclei')
}
& $Biofm @Paths
exit $LASTEXITCODE
